"""MiniStack, with what AWS does and this release does not."""

import iam
import imports
import lambdas
import parent

from ministack import app

parent.end_with_parent()
iam.install()
imports.install()
lambdas.install()
app.main()
