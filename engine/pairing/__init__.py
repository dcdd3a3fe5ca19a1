"""Syncing two machines directly, with no server in between.

- ``certificate``: this machine's certificate, made once
- ``pairing_link``: the link, as text and as a QR code; ``verification_words``: six words for both sides to compare
- ``lan_server``: serves chosen databases; ``paired_devices``: who is admitted
- ``redeem``: the other end of a link; ``bootstrap``: a database for a machine that has none yet
- ``addresses``: where this machine may be reached; ``reachability``: where another one answers
- ``discovery``: who else shares in this network; ``relocate``: follows a paired machine to a new address
"""
