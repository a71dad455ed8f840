"""The query gate: which plans the application's queries have at production's size, before the
rehearsed revisions and after them, what is wrong with those, and which index would mend it.

``asked`` are the queries, ``gate`` asks a server that pretends, ``faults`` and ``candidates`` judge
plans, ``trial`` tries an index before anybody suggests it; ``value`` is what comes of it.
"""
