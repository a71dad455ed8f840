"""What the runbook does, one file a family; :mod:`outofband.model.statements` names it all."""
