"""Pages on which editors change entries: forms made from a table of inputs, checked before they are saved."""
