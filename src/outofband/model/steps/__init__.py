"""The kinds of step, one file a family; :mod:`outofband.model.step` names them all."""
