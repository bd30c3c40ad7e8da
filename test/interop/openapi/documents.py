"""3GPP's OpenAPI documents: `documents.py FOLDER` fetches them, `documents.py FOLDER --check` looks whether
they are there. They are not in this repository: "© 3GPP Organizational Partners. All rights reserved."
"""

import hashlib
import pathlib
import sys
import urllib.request

SOURCE = "https://raw.githubusercontent.com/jdegre/5GC_APIs/045f2ab4d654ab585da08228d67b3a6f80340bd3/"

# Release 18, December 2023. SHA-256 of each document as it was published.
DOCUMENTS = {
    "TS29122_CommonData.yaml": "1ff80f67ac61586881ab302d0dfcd3c99d322fc421c76ec40fed4b5488e7991c",
    "TS29309_Nbsp_GBA.yaml": "48c7b0ccc9d8838d5d012a7323ae0919f1665dca405dd191124f4cbf1113eb0c",
    "TS29503_Nudm_SDM.yaml": "ee83bfd29f836fabe5c1bd7c074cf7f449ba041d6b51c65ff9c9df5552b1ae36",
    "TS29510_Nnrf_AccessToken.yaml": "995ee61adb68c4bfaef13acf00950062133d4c30d179f42ed00c5ad7d52cea28",
    "TS29510_Nnrf_NFDiscovery.yaml": "a8d8c0068b6794563ebd551323c15e1307bca23b6574bc43a02c4768f63e69fe",
    "TS29510_Nnrf_NFManagement.yaml": "de68b0fe050981143aa4ec3322308e62b1c07c0f7bd06880735b492792dbee84",
    "TS29514_Npcf_PolicyAuthorization.yaml": "85dfbe16e9fc24c739efcc4d31fa292ca73fd1be296aa7a6657d96f22347b6eb",
    "TS29518_Namf_Communication.yaml": "4c0d4f11d4249066b6112a84503549ae985c0a282e7e908b896659d5c1690164",
    "TS29522_AKMA.yaml": "d3ad2cc03b76f2345ea0c47c9d8c48a8be8d29ca49ceecff8c84e95aeb3b8ca7",
    "TS29532_Nmbsmf_MBSSession.yaml": "8a0b4c3b671fd71a9c374b05cd5dc039fe9d87f622955a718b181fc5133eb1c7",
    "TS29535_Naanf_AKMA.yaml": "91d01ece8ee6eb7de6fffafa6073defa06e20e62de35e88841eb21fd7ec64cde",
    "TS29571_CommonData.yaml": "d9fa17e22edddd5eed50b1b2d257c21c2345c3df1065ed3c3760c61410c2d993",
}


def missing(folder: pathlib.Path) -> list[str]:
    """The documents that are not there, or not as they were published."""
    return [name for name, digest in DOCUMENTS.items() if digest_of(folder / name) != digest]


def digest_of(path: pathlib.Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else None


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1])
    if "--check" not in sys.argv:
        folder.mkdir(parents=True, exist_ok=True)
        for name in missing(folder):
            with urllib.request.urlopen(SOURCE + name, timeout=20) as answer:
                (folder / name).write_bytes(answer.read())
    sys.exit(f"missing or changed: {', '.join(missing(folder))}" if missing(folder) else 0)
