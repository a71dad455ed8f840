"""One file a command, thin: what it takes, which function does it, what is printed."""
