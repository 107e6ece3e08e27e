"""Catalogues from files: a table's rows become the lines of a batch, their photos become subjects."""
