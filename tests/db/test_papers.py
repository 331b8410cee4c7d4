"""The papers of joining: what is typed stands in them, the right people get them, and every script is set right."""

import io
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from unicodedata import category
from uuid import uuid4

import pypdfium2 as pdfium
import pytest
from docx import Document
from docx.oxml.ns import qn
from fontTools.ttLib import TTFont
from PIL import Image, ImageChops, ImageDraw, ImageFont
from sqlalchemy.orm import Session

from bot.channels.web_feed import Person, _outbound, paper_of
from bot.handouts import Handouts
from covenant import letters, papers
from covenant.messages import Say
from covenant.papers import blanks, contents, forms
from covenant.papers.words import Page, Pair, catalogues
from covenant.turn import Turn
from db.messages import Lane, Outbound
from db.people import Role
from db.records import Application, ApplicationState, Membership, Municipality
from locales import LANGUAGES, render_text
from tests.people import Somebody, somebody, turn_of

AWKWARD = [
    "Nur'aini & Söhne <b>Tan</b>",
    'Datu "Bong" D’Souza-O\'Neill; {{ 7*7 }} {% if x %}',
    '#panic("x") $a^2$ *b* _c_ `d` \\u{41} @e <f> // g /* h */',
    "ឯកឧត្តម ស្រី ភក្ត្រា",
    "ทรงศักดิ์ น้ำใส",
    "ທ້າວ ສີສຸລາດ ພູມມະຈັນ",
    "ဒေါ် ခင်မြင့်ကြည်",
    "Nguyễn Thị Thuỳ Dương",
    "Wolfeschlegelsteinhausenbergerdorff" * 3,
]
# A word of each script with what shaping has to do: vowels before and around, marks on marks, letters below.
SHAPED = {
    "km": "ស្រ្តីក្រុង",
    "th": "น้ำที่ผู้ปั๊ม",
    "lo": "ນ້ຳທີ່ຜູ້",
    "my": "မြွေကြည့်ခင်္ဂွေ",
    "vi": "Thuỳ Dương ễ",
}
FONT_OF = {"km": "Khmer", "th": "Thai", "lo": "Lao", "my": "Myanmar", "vi": ""}


def town(session: Session, person: Somebody, language: str = "en", **more: Any) -> Application:
    """An application that a person sent."""
    municipality = Municipality(name="Sangkat Awkward & <Sons>", country="KH", province="Kandal")
    session.add(municipality)
    session.flush()
    given = {
        "mandate_body": "Council decision",
        "mandate_date": date(2026, 3, 12),
        "signatory_name": AWKWARD[0],
        "signatory_title": "Mayor",
        "focal_name": AWKWARD[1],
        "focal_post": AWKWARD[2],
        "focal_email": "o'neill+kawan@example.org",
        "focal_phone": "+85512345678",
    }
    application = Application(
        municipality=municipality,
        contact_id=person.contact.id,
        letter_language=language,
        submitted_at=datetime.now(UTC),
        **(given | more),
    )
    session.add_all((application, Membership(municipality_id=municipality.id, contact_id=person.contact.id)))
    session.flush()
    return application


def made(session: Session, person: Somebody, kind: str, application: Application) -> bytes:
    paper = papers.make(session, person.contact, papers.named(kind, application.reference))
    assert paper is not None
    return paper.content


def paragraphs(docx: bytes) -> list[str]:
    """The text of every paragraph, as Word shows it."""
    body = Document(io.BytesIO(docx)).element.body
    return ["".join(one.text or "" for one in paragraph.iter(qn("w:t"))) for paragraph in body.iter(qn("w:p"))]


def font_files() -> list[Path]:
    return [path for folder in forms.font_folders() for path in folder.rglob("*.ttf")]


def text_of(pdf: bytes) -> str:
    with pdfium.PdfDocument(pdf) as document:
        return "".join(page.get_textpage().get_text_range() for page in document)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", AWKWARD)
def test_the_words_file_says_what_was_typed(session: Session, language: str, name: str) -> None:
    person = somebody(session)
    application = town(session, person, language, signatory_name=name)
    found = paragraphs(made(session, person, "letter-docx", application))
    label = render_text(catalogues()[language], "utter_label_signatory_name", {})
    assert f"{label}: {name}" in found
    assert f"Who signs: {name}" in found
    assert any("Sangkat Awkward & <Sons>" in one for one in found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_paragraph_of_ours_is_in_the_words_file_in_both_languages(session: Session, language: str) -> None:
    person = somebody(session)
    application = town(session, person, language)
    for kind, write in (("letter-docx", contents.letter), ("resolution-docx", contents.resolution)):
        found = paragraphs(made(session, person, kind, application))
        page = write(contents.Subject(application))
        for pair in (page.mark, page.title, *page.rows):
            assert any(pair.local in one for one in found), pair
            assert any(pair.english in one for one in found), pair
        assert not [one for one in found if "{{" in one and "7*7" not in one]


def test_a_date_is_written_as_its_readers_write_it(session: Session) -> None:
    person = somebody(session)
    thai = " ".join(paragraphs(made(session, person, "letter-docx", town(session, person, "th"))))
    assert "12 มีนาคม ค.ศ. 2026 (พ.ศ. 2569)" in thai
    assert "12 March 2026" in thai


@pytest.mark.parametrize("name", AWKWARD[:3])
def test_nothing_typed_is_read_as_markup(session: Session, name: str) -> None:
    person = somebody(session)
    application = town(session, person, "en", signatory_name=name)
    said = re.sub(r"\s+", "", text_of(made(session, person, "letter-pdf", application)))
    assert re.sub(r"\s+", "", name) in said


def test_control_characters_do_not_break_a_file(session: Session) -> None:
    person = somebody(session)
    application = town(session, person, "en", signatory_name="A\x01B\ufffeC\nD")
    assert "Who signs: ABC D" in paragraphs(made(session, person, "letter-docx", application))
    assert "ABC D" in text_of(made(session, person, "letter-pdf", application))


def test_what_is_not_known_leaves_room_to_write(session: Session) -> None:
    person = somebody(session)
    application = town(session, person, "en", signatory_name=None, mandate_date=None, second_name=None)
    found = paragraphs(made(session, person, "letter-docx", application))
    assert any(re.fullmatch(r"Who signs: \.{10,}", one) for one in found)
    assert any(re.fullmatch(r"Date of the decision: \.{10,}", one) for one in found)
    assert not [one for one in found if one.startswith("Second focal point")]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["letter-pdf", "brief-pdf"])
def test_a_paper_is_one_page_and_uses_only_our_fonts(session: Session, kind: str, language: str) -> None:
    person = somebody(session)
    application = town(session, person, language, signatory_name="Sok Dara", focal_name="ស្រី ភក្ត្រា")
    content = made(session, person, kind, application)
    with pdfium.PdfDocument(content) as document:
        assert len(document) == 1
    assert fonts_in(content) <= {name.replace(" ", "") for name in forms.FONTS}


def fonts_in(pdf: bytes) -> set[str]:
    """The families of the fonts that a PDF carries."""
    found = set()
    with pdfium.PdfDocument(pdf) as document:
        for page in document:
            for one in page.get_objects(filter=[pdfium.raw.FPDF_PAGEOBJ_TEXT]):
                found.add(one.get_font().get_base_name().partition("+")[2].partition("-")[0])
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_fonts_have_every_letter_that_we_write(language: str) -> None:
    """A letter that no font has would be set as an empty box."""
    known: set[int] = set()
    for path in font_files():
        with TTFont(path) as font:
            known |= font.getBestCmap().keys()
    catalogue = catalogues()[language]
    used = {
        letter
        for forms_ in catalogue.texts.values()
        for form in forms_
        for letter in form
        if category(letter)[0] in "LMN"
    }
    assert not {letter for letter in used if ord(letter) not in known}


@pytest.mark.parametrize("language", SHAPED)
def test_each_script_is_shaped_as_another_engine_shapes_it(tmp_path: Path, language: str) -> None:
    """The page's picture against the same words set by Pillow with HarfBuzz, and against the same letters unshaped."""
    words = SHAPED[language]
    blank = tmp_path / "one.typ"
    blank.write_text(
        "#let paper = json(bytes(sys.inputs.paper))\n#set page(width: auto, height: auto, margin: 60pt)\n"
        "#set text(font: paper.fonts, size: 60pt, lang: paper.language)\n#paper.title.local\n"
    )
    page = Page(language, Pair("", ""), Pair(words, words), ())
    with pdfium.PdfDocument(forms.pdf(blank, page, {})) as document:
        assert len(document) == 1
        seen = ink(document[0].render(scale=4).to_pil())
    name = f"NotoSans{FONT_OF[language]}[wdth,wght].ttf"
    path = next(one for one in font_files() if one.name == name)
    right = drawn(words, path, ImageFont.Layout.RAQM, language)
    wrong = drawn(words, path, ImageFont.Layout.BASIC)
    assert difference(seen, right) < 0.12
    if language != "vi":  # its letters come with their marks, so nothing has to be shaped
        assert difference(seen, wrong) > 0.5


def drawn(words: str, font: Path, layout: ImageFont.Layout, language: str | None = None) -> Image.Image:
    image = Image.new("L", (2400, 800), 255)
    sized = ImageFont.truetype(font, 240, layout_engine=layout)
    ImageDraw.Draw(image).text((200, 200), words, font=sized, fill=0, language=language)
    return ink(image)


def ink(image: Image.Image) -> Image.Image:
    """What is drawn, without the white around it."""
    inverted = ImageChops.invert(image.convert("L"))
    return inverted.crop(inverted.getbbox())


def difference(one: Image.Image, other: Image.Image) -> float:
    """How much of the ink of one stands where the other has none: 0 for the same, towards 1 for nothing alike."""
    size = (max(one.width, other.width), max(one.height, other.height))
    if abs(one.width - other.width) > 0.02 * size[0] or abs(one.height - other.height) > 0.04 * size[1]:
        return 1.0
    both = ImageChops.difference(one.resize(size), other.resize(size))
    return sum(both.histogram()[128:]) / max(1, sum(one.histogram()[128:]))


@pytest.mark.parametrize("kind", ["letter-pdf", "letter-docx", "brief-pdf", "resolution-docx", "share-png"])
def test_only_the_sender_and_the_team_get_a_paper(session: Session, kind: str) -> None:
    sender, colleague, asking, stranger = (somebody(session) for _ in range(4))
    application = town(session, sender, "en", state=ApplicationState.ACCEPTED)
    for one, pending in ((colleague, False), (asking, True)):
        member = Membership(municipality_id=application.municipality_id, contact_id=one.contact.id, pending=pending)
        session.add(member)
    session.flush()
    name = papers.named(kind, application.reference)
    assert papers.make(session, sender.contact, name)
    assert papers.make(session, colleague.contact, name)
    assert papers.make(session, asking.contact, name) is None
    assert papers.make(session, stranger.contact, name) is None
    assert papers.make(session, sender.contact, papers.named(kind, "NOTTHERE")) is None


def test_a_name_that_is_no_papers_gives_nothing(session: Session) -> None:
    person = somebody(session)
    assert papers.make(session, person.contact, "0190b8a4-not-a-paper") is None
    assert papers.described("my-data") is None
    assert papers.described("letter-pdf:../../etc/passwd") == ("commitment-letter-etcpasswd.pdf", "application/pdf")
    with pytest.raises(KeyError):
        papers.named("letter")


def test_the_picture_is_for_who_was_accepted(session: Session) -> None:
    person = somebody(session)
    application = town(session, person, "km")
    name = letters.share(application)
    assert papers.make(session, person.contact, name) is None
    application.state = ApplicationState.ACCEPTED
    paper = papers.make(session, person.contact, name)
    assert paper is not None
    picture = Image.open(io.BytesIO(paper.content))
    assert (picture.format, picture.size) == ("PNG", (1200, 1200))
    application.municipality.name = "X" * 200  # it has to fit as well
    other = papers.make(session, person.contact, name)
    assert other is not None
    assert other.content != paper.content
    edge = Image.open(io.BytesIO(other.content)).convert("L").crop((0, 0, 60, 1200))
    assert edge.getextrema()[1] < 200  # nothing white in the margin


@pytest.fixture
def own_blanks(tmp_path: Path) -> Any:
    """The folder of the secretariat's own blanks, empty at first."""
    folder = tmp_path / blanks.OWN_FOLDER
    folder.mkdir()
    blanks.use_own(tmp_path)
    yield folder
    blanks.SHELF.own = None


def write_blank(path: Path, text: str) -> None:
    document = Document()
    document.add_paragraph(text)
    document.save(str(path))


def test_the_secretariats_own_letter_goes_before_ours(session: Session, own_blanks: Path) -> None:
    person = somebody(session)
    application = town(session, person, "km")
    application.focal_name = "{{ signatory_name }} & Co"
    write_blank(own_blanks / "letter.docx", "Any: {{ focal_name }}")
    assert paragraphs(made(session, person, "letter-docx", application))[0] == "Any: {{ signatory_name }} & Co"
    write_blank(own_blanks / "letter.km.docx", "Khmer")
    assert paragraphs(made(session, person, "letter-docx", application))[0] == "Khmer"
    write_blank(own_blanks / "letter.KH.km.docx", "{{ country }} {{ country_english }}")
    assert paragraphs(made(session, person, "letter-docx", application))[0] == "កម្ពុជា Cambodia"
    assert papers.make(session, person.contact, papers.named("letter-pdf", application.reference)) is None
    application.letter_language = "en"
    assert paragraphs(made(session, person, "letter-docx", application))[0].startswith("Any:")


def talk(session: Session, person: Somebody, **entities: Any) -> tuple[list[Say], Turn]:
    turn = turn_of(session, person, "get_letter")
    turn = Turn(**{**turn.__dict__, "entities": entities})
    return letters.letter(turn), turn


def offered(says: list[Say]) -> list[str]:
    return [choice.payload for say in says for choice in say.choices]


def test_the_chat_hands_out_one_paper_a_message_and_offers_the_others(session: Session) -> None:
    person = somebody(session)
    application = town(session, person)
    says, _ = talk(session, person)
    assert [say.file for say in says] == [f"letter-pdf:{application.reference}", None]
    assert says[1].args == {"note": {"say": "paper_mark_letter", "args": {}}}
    assert [one.partition("paper")[2] for one in offered(says)] == [
        '": "letter-docx"}', '": "brief-pdf"}', '": "resolution-docx"}'
    ]  # fmt: skip
    for kind in ("letter-docx", "brief-pdf", "resolution-docx"):
        says, _ = talk(session, person, paper=kind)
        assert says[0].file == f"{kind}:{application.reference}"
    says, _ = talk(session, person, paper="share-png")  # no button offers it here
    assert says[0].file == f"letter-pdf:{application.reference}"


def test_the_chat_calls_the_secretariats_letter_no_draft(session: Session, own_blanks: Path) -> None:
    person = somebody(session)
    application = town(session, person)
    write_blank(own_blanks / "letter.docx", "The letter")
    says, _ = talk(session, person, paper="letter-pdf")
    assert [(say.key, say.file) for say in says] == [("utter_letter", f"letter-docx:{application.reference}")]


def test_without_an_application_the_chat_leads_to_where_it_begins(session: Session) -> None:
    person = somebody(session)
    person.contact.role = Role.MUNICIPAL
    says, _ = talk(session, person)
    assert ([say.key for say in says], offered(says)) == (["utter_letter_none"], ["/join_covenant"])
    assert says[0].file is None


def test_a_community_group_gets_the_page_for_its_mayor(session: Session) -> None:
    person = somebody(session, language="km")
    person.contact.role = Role.COMMUNITY
    says, _ = talk(session, person)
    assert [(say.key, say.file) for say in says] == [("utter_kit", "kit-pdf")]
    paper = papers.make(session, person.contact, "kit-pdf")
    assert paper is not None
    assert (paper.name, paper.media_type) == ("for-the-mayor.pdf", "application/pdf")
    with pdfium.PdfDocument(paper.content) as document:
        assert len(document) == 1
    assert "Dear Mayor" in text_of(paper.content)


def message_with(session: Session, person: Somebody, file: str) -> Outbound:
    row = Outbound(
        key=f"test:{uuid4()}", address_id=person.address.id, contact_id=person.contact.id, channel="web",
        lane=Lane.REPLY, content={"text": "Here it is.", "file": file, "lang": "en"}, feed=77,
    )  # fmt: skip
    session.add(row)
    session.flush()
    session.refresh(row)
    return row


def test_a_paper_leaves_with_its_message_on_every_channel(session: Session) -> None:
    person, stranger = somebody(session), somebody(session)
    application = town(session, person)
    name = papers.named("letter-docx", application.reference)
    row = message_with(session, person, name)
    handouts = Handouts(lambda: session, "s" * 32, "https://kawan.example", lambda _file: b"")  # type: ignore[arg-type]
    attached = handouts.attach(session, row, name)
    assert attached is not None
    assert attached.name == f"commitment-letter-{application.reference}.docx"
    assert any(AWKWARD[0] in one for one in paragraphs(attached.content))
    shown = _outbound(row, {})["files"]
    assert [(one["name"], one["url"]) for one in shown] == [(attached.name, "/chat/papers/77")]
    mine, theirs = (Person(one.address.id, one.contact.id, one.address.external_id, "en") for one in (person, stranger))
    assert paper_of(session, mine, 77) is not None
    assert paper_of(session, theirs, 77) is None
    foreign = message_with(session, stranger, name)
    assert handouts.attach(session, foreign, name) is None
