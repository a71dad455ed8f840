"""The commands: one file each, thin. Data goes to stdout, prose to stderr."""
