"""Tables and their schema (spec 2, 5.6, 8): ``eligibility`` says what can be a CRR, ``create`` makes it one, and
``backfill`` records what it holds; ``alter`` changes it, ``automigrate`` by a schema text, which ``definitions``
reads. ``repair`` finds and mends damage, ``strict`` what old programs cannot open. ``cautions`` says what to know of
what stands around a table: an app's triggers (``app_triggers``), foreign keys of others (``references``). ``plans``
describes tables to another side and makes them there; ``additions`` adds what another side has more."""
