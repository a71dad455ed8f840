"""What the runbook does, one file a family; :mod:`outofband.model.action` names it all."""
