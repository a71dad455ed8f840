"""The page's sections: each is a module with ``section(rehearsal)``, which is None if empty."""
