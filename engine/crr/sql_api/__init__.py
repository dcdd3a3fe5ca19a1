"""What SQL sees (spec 3, 6): the ``functions``; the virtual tables ``changes_table`` and ``unpack_table``, which
``vtab`` puts on a connection; ``clset``, a table and its records in one statement; ``fractional`` keys and the
``ordered`` tables that use them."""
