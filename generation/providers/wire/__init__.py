"""What the files of the vendors share: asking a host, reading its answer, telling its errors. No Django."""
