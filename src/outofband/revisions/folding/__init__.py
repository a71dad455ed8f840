"""From what revisions declare and do to the steps that are wanted in the end. Pure."""
