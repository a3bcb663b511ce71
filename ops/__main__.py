"""`python -m ops`: the command line without its script, for children started by the interpreter's own path."""

from ops.cli import main

main()
