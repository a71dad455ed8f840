"""The commands with ``--targets``: one project over many databases."""
