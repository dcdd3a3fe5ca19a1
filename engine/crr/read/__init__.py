"""Reading changes (spec 6): ``versions`` whole versions, ``ranges`` parts of ranges. Both read table by table with
``tables``, which takes rows many at once by ``alike`` where it can, else cell by cell. ``reading`` is what they share.

``digests`` of rows compare replicas; ``surveys`` add them up, one short transaction after the other."""
