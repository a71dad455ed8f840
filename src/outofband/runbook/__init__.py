"""The commands that run steps: observe, plan, show, apply. A plan is a value; only ``apply``
writes.
"""
