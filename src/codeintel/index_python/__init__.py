"""An installed Python package -> an LSIF dump of its definitions and references.

Static and without running a line of the package: ``ast`` says what is bound and used where, the
scoping rules of the language (Python 3.11, Naming and binding) what refers to what.

What is indexed: names in every kind of scope, attributes of modules, classes, ``self``, ``cls`` and
``super()``, and of what is evidently an instance (``x = C()``, ``x: C``); imports, through re-exports
and literal stars. A name made by ``as`` is a symbol of its own, since a range's text is its symbol's
name. Imports from other packages become monikers of kind ``import``, by which a store that has those
packages finds their definitions; builtins are left out, and so is what only a run would tell.
"""
