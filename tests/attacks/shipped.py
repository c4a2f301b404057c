"""The shipped catalogue, read once for all tests of a process: entries are immutable."""

from assay.attacks.catalogue import SHIPPED, load

CORPUS = load(SHIPPED)
