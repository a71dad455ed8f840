"""LSIF 0.4: the lines of a dump, what they mean together, and how to write one."""
