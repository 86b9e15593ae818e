"""Read YAML that people type into a page: plain data only, every mistake by its line."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

LONGEST: Final = 20_000
"""Characters of one document."""
SHORT: Final = 60
"""Characters of a list or a mapping that goes on one line."""
FOREMOST: Final = ("rule", "weekly", "fact", "kind", "asks", "days", "date", "from", "to")
HINDMOST: Final = ("says", "opposite", "decline", "facts", "unstated")
_INT = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"-?[0-9]{1,15}\.[0-9]{1,15}")
_TRUTH = re.compile(r"true|false")
_NULL = re.compile(r"null|~|")
_TAG = "tag:yaml.org,2002:"
_PLAIN: Final[Mapping[str, Any]] = {
    f"{_TAG}int": int,
    f"{_TAG}float": float,
    f"{_TAG}bool": lambda text: text == "true",
    f"{_TAG}null": lambda _: None,
    f"{_TAG}str": lambda text: text,
}


class YamlError(Exception):
    """The text is not plain YAML."""

    def __init__(self, line: int, detail: str) -> None:
        """Say in which *line*, counted from 1, and what to change."""
        super().__init__(detail)
        self.line = line
        self.detail = detail


class _Loader(yaml.SafeLoader):
    """Takes numbers, true, false and null for what they are, and times, days, yes and no for text."""

    yaml_implicit_resolvers = {}  # noqa: RUF012 - PyYAML's own convention


_Loader.add_implicit_resolver(f"{_TAG}int", re.compile(rf"^(?:{_INT.pattern})$"), None)
_Loader.add_implicit_resolver(f"{_TAG}float", re.compile(rf"^(?:{_FLOAT.pattern})$"), None)
_Loader.add_implicit_resolver(f"{_TAG}bool", re.compile(rf"^(?:{_TRUTH.pattern})$"), None)
_Loader.add_implicit_resolver(f"{_TAG}null", re.compile(rf"^(?:{_NULL.pattern})$"), None)


@dataclass(slots=True)
class Parsed:
    """What a text says, and where."""

    document: Any = None
    lines: dict[str, int] = field(default_factory=dict)
    """The line of every value, counted from 1, by its JSON Pointer."""

    def line_of(self, pointer: str) -> int:
        """Return the line of what stands at *pointer*, or of the nearest thing around it."""
        while pointer and pointer not in self.lines:
            pointer = pointer.rpartition("/")[0]
        return self.lines.get(pointer, 1)


def parse(text: str) -> Parsed:
    """Return what *text* says. Raises `YamlError` with the line of the first mistake."""
    if len(text) > LONGEST:
        raise YamlError(1, f"Use {LONGEST} characters at most.")
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise YamlError(line, "This cannot be read: check indent, colons and brackets.") from None
    except yaml.YAMLError:
        raise YamlError(1, "This holds characters that cannot be read: remove them.") from None
    except RecursionError:
        raise YamlError(1, "This nests too deep.") from None
    parsed = Parsed()
    if node is not None:
        parsed.document = _Reader(parsed.lines).read(node, "")
    return parsed


def write(document: Any) -> str:
    """Return *document* as the YAML that people edit; nothing for None."""
    if document is None:
        return ""
    return str(yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100))


class _Dumper(yaml.SafeDumper):
    """Indents lists, and writes flat parts on one line."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: FBT001, FBT002, ARG002
        super().increase_indent(flow, indentless=False)

    def represent_mapping(self, tag: str, mapping: Any, flow_style: bool | None = None) -> Any:  # noqa: FBT001
        flat = len(mapping) > 1 and _is_short(mapping.values())
        mapping = dict(sorted(mapping.items(), key=lambda item: _rank(item[0])))
        return super().represent_mapping(tag, mapping, flow_style=flat or flow_style)

    def represent_sequence(self, tag: str, sequence: Any, flow_style: bool | None = None) -> Any:  # noqa: FBT001
        flat = _is_short(sequence)
        return super().represent_sequence(tag, sequence, flow_style=flat or flow_style)


def _rank(key: str) -> int:
    """Return where a key goes: the database keeps an order of its own, which nobody would write."""
    if key in FOREMOST:
        return FOREMOST.index(key) - len(FOREMOST)
    return 1 + HINDMOST.index(key) if key in HINDMOST else 0


def _is_short(values: Iterable[Any]) -> bool:
    """Tell whether *values* go well on one line."""
    found = list(values)
    nested = any(isinstance(value, dict | list) for value in found)
    return not nested and sum(len(str(value)) for value in found) < SHORT


_Dumper.add_representer(dict, lambda dumper, value: dumper.represent_mapping(f"{_TAG}map", value))
_Dumper.add_representer(list, lambda dumper, value: dumper.represent_sequence(f"{_TAG}seq", value))


class _Reader:
    """Makes plain data of nodes, and notes their lines."""

    def __init__(self, lines: dict[str, int]) -> None:
        self._lines = lines
        self._seen: set[int] = set()

    def read(self, node: yaml.Node, pointer: str) -> Any:
        line = node.start_mark.line + 1
        if id(node) in self._seen:
            raise YamlError(line, "Write it out here: anchors and aliases are not taken.")
        self._seen.add(id(node))
        self._lines[pointer] = line
        if isinstance(node, yaml.MappingNode) and node.tag == f"{_TAG}map":
            return self._mapping(node, pointer)
        if isinstance(node, yaml.SequenceNode) and node.tag == f"{_TAG}seq":
            return [self.read(one, f"{pointer}/{at}") for at, one in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode) and node.tag in _PLAIN:
            return self._scalar(node, line)
        raise YamlError(line, "Write lists, keys, text, numbers, true or false: no tags.")

    def _mapping(self, node: yaml.MappingNode, pointer: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise YamlError(line, "A key is a word.")
            if key.value in found:
                raise YamlError(line, "This key stands here twice.")
            found[key.value] = self.read(value, f"{pointer}/{key.value}")
            self._lines[f"{pointer}/{key.value}"] = line
        return found

    def _scalar(self, node: yaml.ScalarNode, line: int) -> Any:
        try:
            return _PLAIN[node.tag](node.value)
        except ValueError:
            raise YamlError(line, "This is no number.") from None
