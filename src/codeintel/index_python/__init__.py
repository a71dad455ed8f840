"""An installed Python package -> an LSIF dump of its definitions and references.

Static, without running a line of the package: ``ast`` says what is bound and used where, and the
scoping rules of the language reference say what refers to what.

What is indexed: names in every kind of scope; attributes of modules, classes, ``self``, ``cls``,
``super()`` and of what is evidently an instance (``x = C()``, ``x: C``); imports, through
re-exports and literal stars; quoted annotations. A range's text is its symbol's name, so a name
made by ``as`` is a symbol of its own. What is imported from another package is defined there: it
gets a moniker of kind ``import``, by which a store that has both dumps finds the definition.
Builtins are left out, and so is what only a run would tell.
"""
