"""A case file as one file to take away: a ZIP of bundles, what was written, and a signed list of it all.

The list names each file with its SHA-256; the log's key signs the list. Whoever has the key sees that no
file was changed, left out or added, and checks each bundle in it as if it stood alone.
"""

import zipfile
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from io import BytesIO
from typing import Final
from uuid import UUID

from services.audit.domain.leaf import canonical
from services.audit.domain.notes import Signer

FORMAT: Final = "onward-case-file/1"
LIST: Final = "manifest.json"
SIGNATURE: Final = "manifest.sig"
MEDIA_TYPE: Final = "application/zip"


def packed(case: UUID, files: Mapping[str, bytes], signer: Signer, *, made: datetime) -> bytes:
    """Return the ZIP of *files* by name, with the signed list of them."""
    hashes = {name: sha256(content).hexdigest() for name, content in files.items()}
    manifest = canonical(
        {"case": str(case), "files": hashes, "format": FORMAT, "origin": signer.key.name}
    )
    note = signer.sign(seal_text(signer.key.name, case, manifest))
    everything = {**files, LIST: manifest, SIGNATURE: note.encode()}
    made_at = (made.year, made.month, made.day, made.hour, made.minute, made.second)
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in everything.items():
            entry = zipfile.ZipInfo(name, made_at)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return out.getvalue()


def seal_text(origin: str, case: UUID, manifest: bytes) -> str:
    """Return what is signed; its first line keeps it from ever being read as anything else."""
    digest = b64encode(sha256(manifest).digest()).decode()
    return f"{origin}/case-file\n{case}\n{digest}\n"
