"""Static files under hashed names, so that browsers may keep them for ever."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    """Serve an unhashed name for a file that `collectstatic` has not seen.

    The alternative, an exception while a page renders, would turn one forgotten deployment step
    into a 500 for every customer.
    """

    manifest_strict = False
