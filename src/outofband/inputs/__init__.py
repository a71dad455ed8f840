"""What a result depends on: files, folders, environment variables, and the tools themselves.

:mod:`.trace` takes down what the project's code and ours look at, :mod:`.state` says what that is
like now. A result whose inputs all have the state that they had then need not be worked out again.
"""
