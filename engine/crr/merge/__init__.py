"""Merging changes (cr-sqlite.md 7): ``merging`` takes rows of one shape (``columns``, ``shapes``) in ``groups``, which
``meeting`` looks up and ``winning`` writes, and the others in ``rowwise`` by the rules of ``row``. ``checking`` refuses
what no honest peer sends, ``taken`` sees that an app's triggers kept nothing out, ``bulk`` runs statements for many
rows, and ``told`` says what won."""
