import type { Words } from "./words.ts";

const MONTHS = "January February March April May June July August September October November December".split(" ");
const nameOf = (month: number): string => MONTHS[month - 1] ?? "";

export const en: Words = {
  tag: "en",
  code: "en",
  otherTag: "zh-CN",
  fixed: {
    title: "Check your phone number",
    lead: "See whether it fell into the wrong hands.",
    label: "Enter the phone number",
    check: "Check",
    promise: "The number is not sent. Free of charge. No codes, no ID card.",
    language: "中文",
    bigger: "Larger text",
    sentTitle: "See what left this phone",
    sentWhy:
      "The number was not sent. The phone first encrypts it with a random number that is used only once, and nobody can undo that. What comes back is a block of data that more than 100,000 numbers would fetch, so nobody sees which one you checked. The server can see when and from which network somebody checked, but not which number. Check the same number again: what is sent will be quite different.",
    beforeTitle: "Read this first: how thieves work in villages",
    gift: "1. Small gifts",
    giftText:
      "Strangers bring eggs or oil. They offer help with the 'medical insurance e-voucher'. Village officials and doctors may be fooled too, and call people together.",
    phone: "2. They take your phone and scan your face",
    phoneText: "They hold your phone and tap on it themselves. They tell you to blink or open your mouth.",
    code: "3. They want codes and a photo of your ID card",
    codeText:
      "The phone receives a code, and they ask you to read it out. Then they photograph your ID card. With these they open accounts in your name and sell them to scammers.",
    refuse: "4. You may say no",
    refuseText:
      "Let nobody hold your phone. Do not read out codes. If a stranger asks you to scan your face, refuse. No photo of your ID card. Not sure? Ask your family first, or call 110.",
    official:
      "In December 2024 the National Healthcare Security Administration said: it has never authorised outside people to activate e-vouchers for villagers. To get one, ask at the local medical insurance counter.",
    helper: "I am helping others: check several numbers",
    copies: "How to recognise a fake page",
    copyAddress: "Compare the address letter by letter. If one letter differs, the page is a fake.",
    copyWechat: "WeChat shows no address? Pull the page down: the top says which address it comes from.",
    copyAsks: "A page that wants money, codes, your ID number or a download is a fake.",
    copyAsk: "Not sure? Take the phone to the police station and ask.",
    keeps: "This page keeps no records and does not remember what you checked.",
  },
  picture: {
    giftAlt: "Drawing: two strangers at a stall in the village, with eggs and oil, wave to an old woman.",
    phoneAlt: "Drawing: a stranger's hand holds the old woman's phone, which scans her face.",
    codeAlt: "Drawing: a code arrives on the phone, and a hand photographs the ID card.",
    refuseAlt: "Drawing: the old woman holds up her hand and says no, a relative beside her.",
  },
  checking: "Checking…",
  step: {
    reading: "Reading the number",
    trust: "Making sure the data is genuine",
    blinding: "Encrypting the number",
    asking: "Comparing",
    working: "Many people are checking. Please wait",
    waiting: "Many people are checking. It will be checked again by itself",
    bucket: "Fetching a block of data",
    opening: "Looking it up on this phone",
  },
  secondsLeft: (count) => `${count} second${count > 1 ? "s" : ""} left`,
  readAloud: "Read aloud",
  stop: "Stop reading",
  cannotSpeak: "This phone cannot read aloud.",
  notLoaded: "This did not load. Please press again.",
  cleared:
    "You were away for a while. So that nobody else sees them, the number and the answer were wiped. To see the answer, check again. What you can do is still listed below.",
  found: {
    exposed: "Found: criminals have had this number",
    malicious: "Found: somebody else may have opened online accounts with this number",
    both: "Found: criminals have had this number, and may have opened online accounts with it",
  },
  notYourFault: "This is not your fault.",
  askedByPolice: "If the police ask you about it, simply tell them what you know.",
  whatHappened: "What happened",
  whatMay: "What it may mean",
  mayMean: {
    exposed: "Scammers may call you. They may know your name, and say they are police, bank or medical insurance.",
    malicious: "Those accounts may be used to scam others. You may not know of them at all.",
    both: "Scammers may call you and say they are police, bank or medical insurance. Accounts on your number may be used to scam others.",
  },
  nextStep: "Do this first",
  remember: "Remember this first",
  more: "What else you can do",
  warnings: [
    "The police never ask for codes, and never tell you to transfer money. Anyone who does is a scammer.",
    "This page never asks for money, codes or your ID card.",
  ],
  dataClass: { phone: "phone number", name: "name", "id-number": "ID card number", account: "online accounts" },
  advice: {
    "expect-fraud-calls": {
      title: "If a caller wants a code or a transfer, hang up at once",
      brief: "Whoever they say they are, and however convincing they sound: hang up. Then tell your family.",
      how: [],
    },
    "answer-96110": {
      title: "When 96110 calls, answer",
      brief: "It is the anti-fraud line of the police. A call means that somebody may be trying to scam you or your family right now.",
      how: [
        "It shows as 96110, or an area code and 96110. With + or 00 in front, it is a fake. It never asks for codes or transfers. Not sure? Hang up and call 96110 yourself. Warnings by text message from 12381 are real too: they hold no link and ask for no reply.",
      ],
    },
    "report-110": {
      title: "Money lost, or scammers in the village? Call 110",
      brief: "The sooner the better. Or go to the police station.",
      how: ["Keep chats, callers' numbers and photos to show the police."],
    },
    "check-own-accounts": {
      title: "See whether others opened SIM cards or accounts with your name or number",
      brief:
        "Ask a relative you trust: on your phone, open WeChat, search for 工信微报, tap 政务服务, 一证通查, 互联网账号. No smartphone? Take your ID card to the police station and ask.",
      how: [
        "On your own phone, open WeChat and search for the account 工信微报 (Ministry of Industry). In its menu 政务服务 look for 一证通查.",
        "互联网账号 shows how many online accounts are linked to a phone number. 移动电话卡 shows how many SIM cards are in your name; a shop of China Mobile, Telecom or Unicom can tell you too, if you bring your ID card.",
        "It asks for your ID number and a code. Enter them only there, after you opened it yourself. Use no link that somebody sent, and do not read out codes. After a mistake you must wait 24 hours to try again.",
        "The result comes by text message from 10699000 in about two days. Not every company is covered. Have SIM cards that are not yours closed at the shop, and accounts by the customer service of their company.",
      ],
    },
    "complain-12321": {
      title: "Nuisance calls, junk messages, leaked data: 12321受理中心",
      brief: "Complain through this WeChat account. Call 010-12321 for advice.",
      how: [],
    },
    "complain-12377": {
      title: "Fraudulent sites and accounts: call 12377",
      brief: "It is the reporting line of the national internet office.",
      how: [],
    },
    "correct-or-erase": {
      title: "If it is wrong, or you want it erased",
      brief:
        "You have the right to have it corrected or erased. The telephone number of those who run this page is at the bottom: call it, or go to the police station.",
      briefAlone: "You have the right to have it corrected or erased. Go to the police station.",
      how: ["They must see that the number is yours, so this cannot be done on this page."],
    },
  },
  kind: {
    exposure: "Criminals have had numbers and other data",
    "malicious-registration": "Somebody used a list of numbers to open accounts",
  },
  accounts: (atLeast) =>
    atLeast
      ? `In the seized data, at least ${atLeast} account${atLeast > 1 ? "s were" : " was"} opened with this number.`
      : "How many accounts were opened is not known.",
  seized: (date) => `Seized by the police on ${date}`,
  classes: (names) => `In this case criminals have had: ${names.join(", ")} (not necessarily all of these about you)`,
  lastSeen: (when) => `Last seen in the data: ${when}.`,
  day: (year, month, day) => `${day} ${nameOf(month)} ${year}`,
  month: (year, first, last) =>
    `${nameOf(first)}${first === last ? "" : ` to ${nameOf(last)}`} ${year}`,
  noCase: "The police seized this data. The case is not public for now.",
  moreCases: "There are more cases that are not listed here.",
  formerOwner:
    "Is the number new? Then it may be about the person who had it before. In the app of China Mobile, Telecom or Unicom, search for 二次号码焕新 to unlink that person's accounts.",
  notFound: "This number is not in the data the police seized",
  notSafe: "That is not the same as safe. Other data may hold it.",
  notFoundNext: "Stay careful: if a caller wants a code or a transfer, hang up at once.",
  asOf: (date) => `Data up to ${date}`,
  unknown: "Could not check",
  notKnown: "We do not know yet whether this number is affected.",
  wrongNumber: "Please look at the number again",
  why: {
    unreachable: "There is no connection.",
    timeout: "The server did not answer in time.",
    stale: "The server's data has expired, so it cannot be trusted.",
    rolled_back: "The server's data is old, so it cannot be trusted.",
    bad_signature: "The signature on the data is wrong; somebody may have tampered with it.",
    bad_snapshot: "The data contradicts itself and cannot be trusted.",
    bad_proof: "The reply could not be proven genuine, so it cannot be trusted.",
    bad_bucket: "The data was altered, so it cannot be trusted.",
    bad_response: "The reply made no sense, so it cannot be trusted.",
    rate_limited: "Too many checks just now.",
    unauthorized: "This page has no permission to check yet.",
    retired: "The server is switching to new data.",
    server_error: "The server has a fault.",
    invalid_number: "This does not look like a phone number.",
    not_configured: "This page is not set up yet.",
    not_started: "This page did not open fully.",
  },
  fault: {
    empty: "No number was entered.",
    no_digits: "There are no digits in it.",
    too_short: "Digits are missing. A mobile number has 11.",
    too_long: "There are too many digits. A mobile number has 11.",
    not_possible: "There is no such number.",
    no_area_code: "Digits are missing. A mobile number has 11. For a landline, put the area code first.",
    short_code: "This is a service line, not a person's phone.",
    iot: "This is a device, not a person's phone.",
    id_card: "This looks like an ID card number. Please do not enter that here.",
    bank_card: "This looks like a bank card number. Please do not enter that here.",
    date: "This looks like a date.",
    digits_lost: "Some digits are lost. Please enter them all.",
    masked: "Some digits are hidden. Please enter them all.",
    several: "Only one number at a time.",
    letters: "There are letters or other signs in it. Please enter digits only.",
  },
  mobileLength: (count) => `You entered ${count} digit${count > 1 ? "s" : ""}. A mobile number has 11.`,
  remedy: {
    again: "Please press 'Check again' in a while.",
    network: "See if the phone has a signal, then press 'Check again'.",
    tell: "Try once more on another network. If that does not help, call the number below and tell those who run this page.",
    leave: "Try once more on another network. If that does not help, do not use this page for now.",
    clock:
      "Are this phone's date and time right? Try once more. If that does not help, call the number below and tell those who run this page.",
    clockLeave:
      "Are this phone's date and time right? Try once more. If that does not help, do not use this page for now.",
    setUp: "Call the number below and tell those who run this page.",
    setUpLeave: "Do not use this page for now.",
    open: "See if the phone has a signal, then press 'Check again'. Or open it in another browser.",
    wait: "No hurry. Nothing is wrong with the number or this phone.",
    number: "Look at the number and enter it again.",
  },
  wait: (minutes) => {
    if (minutes > 1440) return "Please wait until tomorrow.";
    if (minutes > 90) return `Please wait ${Math.ceil(minutes / 60)} hours.`;
    return `Please wait ${minutes} minute${minutes > 1 ? "s" : ""}.`;
  },
  again: "Check again",
  call: {
    antifraud: "police anti-fraud line",
    police: "police",
    complaints: "questions about nuisance calls",
    reports: "fraudulent sites",
  },
  sentNotYet: "Once a check is done, everything that was sent is listed here.",
  sentNothing: "Nothing related to the number was sent this time.",
  sentWhat: {
    metadata: "Asks whether the data is new and genuine (nothing to do with the number)",
    evaluate: "Lets the server compute with the encrypted number",
    bucket: "Fetches a block of data that many numbers would fetch",
    library: "Fetches rules for foreign numbers (reveals that the number is foreign)",
  },
  sentHex: "Byte by byte (hexadecimal)",
  sentEmpty: "Only the address.",
  by: (name) => `Run by ${name}`,
  operator: (name) => `This page is run by ${name}`,
  noOperator: "This page does not say who runs it. Ask the police station before you trust it.",
  telephone: "Questions? Call",
  filing: (number) => `Filing number ${number}`,
  address: (url) => `The official address is ${url}`,
  noAddress: "This page does not say what its official address is.",
  elsewhere: (url) => `You are now at ${url}. That is different: be careful.`,
};
