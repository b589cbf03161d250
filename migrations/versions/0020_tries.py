"""How often somebody has said what the code is that was texted to a number: it is not to be guessed."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("contact_tests", sa.Column("tries", sa.SmallInteger, nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("contact_tests", "tries")
