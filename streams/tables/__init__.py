"""The Faust tables that hold the sections of the views."""
