"""The parts of docs/ that the code says itself: `make docs` writes them, `make lint` holds them.

A page says where one stands, between ``<!-- made: NAME -->`` and ``<!-- /made -->``; what is around
it is written by people. Not in the wheel: it looks at the code of all other packages.
"""
