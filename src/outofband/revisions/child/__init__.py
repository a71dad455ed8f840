"""What happens in the child that runs the project's code: its revisions on a connection that sends
nothing, and what that has to know for them to run through.
"""
