"""What `outofband lint` does between the command line and the linter, and what commands keep."""
