"""What a file keeps about its peers (spec 9): ``tracked`` their clocks, ``keeping`` what these cover and where a
cut range goes on, ``lineage`` the tokens that tell a copied or restored file; ``identity`` gives such a file
another id."""

from engine.clocks.lineage import made_at

__all__ = ["made_at"]
