"""Pure folds: one part of a view and one event give the next part."""
