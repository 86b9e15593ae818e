"""The rules of referring: pure functions over frozen data, without clock or database."""
