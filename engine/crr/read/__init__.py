"""Reading changes (spec 6): ``reading`` whole versions, ``ranges`` parts of ranges. ``digests`` of rows compare
replicas; ``surveys`` add them up, one short transaction after the other."""
