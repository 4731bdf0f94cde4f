// The texts of the script hall.js: helper mode, the kiosk and the slip.

export interface HallWords {
  /** What a helper has to ask first. */
  consent: string;
  helperText: string;
  helperNext: string;
  helperOff: string;
  kioskText: string;
  kioskWipe: string;
  /** How many seconds are left until the kiosk wipes itself. */
  kioskCount: (seconds: number) => string;
  keyBack: string;
  keyClear: string;
  print: string;
  printHint: string;
  slipTitle: string;
  slipNumber: (last4: string) => string;
  slipDate: (date: string) => string;
  slipCalls: string;
  slipNote: string;
}

const zh: HallWords = {
  consent: "先问本人：愿不愿意查？愿意再查。",
  helperText:
    "查完把手机给本人看。换下一位，前一位的就清掉，什么也不留。本人注意：只让认得的人帮忙。帮忙的人不会要您的手机和验证码。",
  helperNext: "下一位（清掉这一位）",
  helperOff: "不用连着查了",
  kioskText: "这是大家用的机器。自己愿意才查。查完点“查完了，清掉”。60 秒没有人碰，也会自己清掉。",
  kioskWipe: "查完了，清掉",
  kioskCount: (seconds) => `没有人碰的话，${seconds} 秒后清掉`,
  keyBack: "退一格",
  keyClear: "全清",
  print: "打印小条",
  printHint: "有的手机不能打印：给本人看小条，或者照着抄。",
  slipTitle: "手机号查询小条",
  slipNumber: (last4) => `号码最后四位：${last4}`,
  slipDate: (date) => `查询日期：${date}`,
  slipCalls: "有事可以打的电话",
  slipNote: "这张小条不是公文。三个月后再查一次。",
};

const en: HallWords = {
  consent: "Ask the owner of the number first: do you want this? Check only if they do.",
  helperText:
    "Then show them the answer. 'Next person' wipes everything; nothing is kept. For the owner: let only people you know help. A helper never asks for your phone or codes.",
  helperNext: "Next person (wipes this one)",
  helperOff: "Stop checking for others",
  kioskText:
    "This device is for everybody. Check only if you want to. Then press 'Done, wipe it'. After 60 seconds without a touch it is wiped too.",
  kioskWipe: "Done, wipe it",
  kioskCount: (seconds) => `Without a touch, wiped in ${seconds} second${seconds > 1 ? "s" : ""}`,
  keyBack: "Delete one",
  keyClear: "Clear",
  print: "Print a slip",
  printHint: "Some phones cannot print: show the slip, or copy it by hand.",
  slipTitle: "Phone number check",
  slipNumber: (last4) => `Last four digits: ${last4}`,
  slipDate: (date) => `Checked on ${date}`,
  slipCalls: "Numbers you can call",
  slipNote: "This slip is not an official document. Check again in three months.",
};

export const HALL_WORDS = { zh, en };
