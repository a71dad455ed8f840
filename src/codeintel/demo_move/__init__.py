"""``codeintel demo-move``: the whole move under traffic, a mover killed, the cut-over, and back.

::

    ledger.py    what every dump has to be at every moment
    dumps.py     dumps whose rows say which dump and version they are
    traffic.py   readers that compare every answer with the ledger, a writer that changes dumps
    census.py    what is there at the end: lost, wrong and double
    play.py      the acts in their order
"""
