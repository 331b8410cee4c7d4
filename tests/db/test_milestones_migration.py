"""What an earlier version had laid out is taken over: nothing is sent again, nothing that waits is lost."""

from sqlalchemy import Engine, text

from tests.db.conftest import migrate

BEFORE, AFTER = "0003", "0005"
TOWN = "INSERT INTO municipality (public_id, name, country, committed_on) VALUES ('x', 'Kupang', 'ID', '2027-03-10')"
REMINDER = (
    "INSERT INTO reminder (municipality_id, milestone, due_on, days_before, due_at, queued) "
    "VALUES (1, 'milestone_inventory', '2029-03-10', :days, '2028-09-11 02:30+00', :queued)"
)


def test_there_and_back(another: Engine) -> None:
    migrate(another, BEFORE)
    with another.begin() as connection:
        connection.execute(text(TOWN))
        connection.execute(text(REMINDER), [{"days": 180, "queued": True}, {"days": 90, "queued": False}])
        before = connection.execute(text("SELECT * FROM reminder ORDER BY id")).mappings().all()
    migrate(another, AFTER)
    with another.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT days_before, state, key, due_on FROM reminder JOIN milestone ON milestone.id = milestone_id ORDER BY 1 DESC"
            )
        ).all()
        assert [(row.days_before, row.state) for row in rows] == [(180, "settled"), (90, "waiting")]
        assert {(row.key, str(row.due_on)) for row in rows} == {("milestone_inventory", "2029-03-10")}
    migrate(another, BEFORE, back=True)
    with another.connect() as connection:
        after = connection.execute(text("SELECT * FROM reminder ORDER BY id")).mappings().all()
    assert [dict(row) for row in after] == [dict(row) for row in before]
