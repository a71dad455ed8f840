"""From where one step stands to the actions that finish it: one file a family of steps. Pure."""
