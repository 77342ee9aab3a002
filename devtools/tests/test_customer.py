from email.message import EmailMessage

from devtools.customer import as_text


def test_files_are_listed() -> None:
    forwarded = EmailMessage()
    forwarded["Subject"] = "Lost parcel"
    forwarded.set_content("Where is it?")
    forwarded.add_attachment(b"x", "image", "png", filename="inner.png")
    message = EmailMessage()
    message["Subject"] = "Your wheel"
    message.set_content("Hello")
    message.add_related(b"12345", "image", "png", cid="<a>", filename="wheel.png")
    message.add_attachment(b"x" * 1234, "application", "pdf", filename="bill.pdf")
    message.add_attachment(forwarded)
    lines = as_text(message).splitlines()
    assert lines[:3] == ["Subject: Your wheel", "", "Hello"]
    files = [line for line in lines if line.startswith("Attachment: ")]
    assert files[:2] == [
        "Attachment: wheel.png (5 bytes)",
        "Attachment: bill.pdf (1,234 bytes)",
    ]
    assert files[2].startswith("Attachment: mail.eml (")
    assert len(files) == 3
