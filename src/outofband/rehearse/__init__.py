"""The project's revisions run on a real, ephemeral server, to see what they lock and for how long,
before anybody merges them.
"""
