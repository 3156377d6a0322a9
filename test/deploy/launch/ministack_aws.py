"""MiniStack, with what AWS does and this release does not."""

import buckets
import calls
import iam
import lambdas
import parent

from ministack import app

parent.end_with_parent()
for patch in buckets, iam, calls, lambdas:
    patch.install()
app.main()
