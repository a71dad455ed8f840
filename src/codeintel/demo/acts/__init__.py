"""One act, one file: it does its part, shows it, and fails when it came out otherwise."""
