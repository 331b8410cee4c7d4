"""What people send that is not text, as the Bot API describes it to bots."""

from tests.emulators.telegram.errors import ControlError
from tests.emulators.telegram.files import as_document
from tests.emulators.telegram.speech import say
from tests.emulators.telegram.state import Chat, Json, Person
from tests.emulators.telegram.world import World

PHONE = "+62812555{:04d}"
JAKARTA = (-6.2088, 106.8456)


def photo(world: World, data: bytes, given: Json) -> Json:
    """A photo in several sizes."""
    return {"photo": world.files.add_photo(data)}


def document(world: World, data: bytes, given: Json) -> Json:
    """A file. `size` may claim more than `data` has, to be over the download limit without the bytes."""
    name = given.get("name", "document.pdf")
    return {
        "document": as_document(world.files.add("document", data, name, size=given.get("size"), mime=given.get("mime")))
    }


def voice(world: World, data: bytes, given: Json) -> Json:
    """A voice message."""
    file = world.files.add("voice", data or b"OggS", "voice.oga", mime="audio/ogg", size=given.get("size"))
    return {"voice": {**file.head, "duration": given.get("duration", 3), "mime_type": "audio/ogg"}}


def video(world: World, data: bytes, given: Json) -> Json:
    """A video."""
    file = world.files.add(
        "video", data or b"\0\0\0\x18ftypmp42", "video.mp4", mime="video/mp4", size=given.get("size")
    )
    shape = {"width": 640, "height": 360, "duration": given.get("duration", 5)}
    return {"video": {**file.head, **shape, "file_name": file.name, "mime_type": file.mime}}


def sticker(world: World, data: bytes, given: Json) -> Json:
    """A sticker with its emoji."""
    file = world.files.add("sticker", data or b"RIFF\0\0\0\0WEBP", "sticker.webp", mime="image/webp")
    shape = {"type": "regular", "width": 512, "height": 512, "is_animated": False, "is_video": False}
    return {"sticker": {**file.head, **shape, "emoji": given.get("emoji", "👍"), "set_name": "Daily"}}


def location(world: World, person: Person, chat: Chat, given: Json) -> Json:
    """A point on the map."""
    latitude, longitude = given.get("latitude", JAKARTA[0]), given.get("longitude", JAKARTA[1])
    return say(world, person, chat, {"location": {"latitude": latitude, "longitude": longitude}}, given)


def contact(world: World, person: Person, chat: Chat, given: Json) -> Json:
    """One's own number, somebody else's who is on Telegram (`of`), or one that Telegram does not know (`stranger`)."""
    whose = world.society.person(given.get("of") or person.id)
    known = {} if given.get("stranger") else {"user_id": whose.id}
    name = given.get("stranger") or whose.first_name
    phone = given.get("phone") or PHONE.format(whose.id % 10_000)
    content = {"contact": {"phone_number": phone, "first_name": name, **known}}
    return say(world, person, chat, content, given)


def poll(world: World, person: Person, chat: Chat, given: Json) -> Json:
    """A question with answers."""
    answers = given.get("options", ["Yes", "No"])
    if len(answers) not in range(1, 13):
        raise ControlError("A poll has 1-12 answers")
    options = [{"persistent_id": str(n), "text": answer, "voter_count": 0} for n, answer in enumerate(answers)]
    flags = {"is_closed": False, "is_anonymous": True, "allows_multiple_answers": False}
    rules = {"allows_revoting": True, "members_only": False, "type": "regular"}
    number = str(world.society.random.randrange(10**17, 10**18))
    body = {"id": number, "question": given.get("question", "Shall we?"), "options": options, "total_voter_count": 0}
    return say(world, person, chat, {"poll": {**body, **flags, **rules}}, given)
