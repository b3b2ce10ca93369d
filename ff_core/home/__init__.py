"""The embedded engine: a Valkey server in a private folder, started on first use and found again by the next.

==================  =======================================================================================
``folder``          where a home lies, that it is ours alone, and the files in it
``role``            keeper and server: one process each, proved by a lock that lives as long as its holder
``server_process``  launches the Valkey server, asks it for a sign of life, ends it
``connection``      the keeper's connection to its server
``keeper``          the background process ``python -m ff_core.home``: starts the server, watches it, ends it
``server``          what callers use: `ensure`, `stop`, `status`
==================  =======================================================================================

Nothing here trusts a pid that it finds. A process holds its role by an inherited ``flock``, which the kernel
drops with the process, however that came to its end; a pid file only says whom to signal while it is held.
"""
