"""Rows that cannot be sent, while all others go on: one holds text that nobody can read, or a version that peers do not
take. They are held back in the file, and no clock passes one before it stands there. As soon as a row can be sent,
whoever corrected it, all its cells get the file's next version.

``finding`` tells such rows, ``records`` keeps them, ``again`` looks whether they can be sent now, ``telling`` says
which ones wait, and ``holding`` is how a replica goes about it."""
