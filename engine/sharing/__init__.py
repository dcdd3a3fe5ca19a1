"""Two machines without anybody between them: what pairing and sharing are made of.

certificate.py  this machine's certificate, and its fingerprint
pinning.py      TLS that takes one certificate, by its fingerprint
"""
