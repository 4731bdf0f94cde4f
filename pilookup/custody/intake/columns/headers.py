"""Header cells in Chinese and English: whether one names a phone, account or date column."""

import re
import unicodedata
from functools import lru_cache

from pilookup.custody.intake.columns.brackets import without_brackets
from pilookup.custody.intake.columns.long_cells import remember_long
from pilookup.custody.intake.columns.persons import is_name, without_names

_ALTERNATIVES = re.compile(r"[/、,，;；|&\n]|或|和|及|与|(?<=\s)(?:and|or)(?=\s)")
_NOISE = re.compile(r"[\s_\-*:：.#'\"?!]+")
_HAN = re.compile(r"[\u3400-\u9fff]")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD = re.compile(r"[a-z]+")
_ORDINAL = re.compile(r"[\d一二三四五]{0,2}$")
_REMEMBERED = 16
"""Cells whose plain form is kept: a dozen rules look at each cell of a row, one after the other."""

_ZH_PHONE = re.compile(
    r"(?:(?!是否|有无|传真|没|无|未|不)[^\d]){0,12}?"
    r"(?:手机|手機|电话|電話|移动电话|联系方式|[联聯](?:系|繫|絡|络)方式|座机|固话|宅电)[号號]?[码碼]?"
    r"|(?:注册|联系|主叫|被叫|本机|本方|机主|对方|对端|用户|客户|业务|计费|移动|通话|来电|去电|发送|接收|绑定|备用|亲情|预留"
    r"|常用|紧急|收件|寄件|发件|受害人|被害人|监护人|登录|[ab])?(?:号码|號碼)"
)
_EN_PHONE = re.compile(
    r"(?!auto|micro|head|smart|ear|is[a-z]|has|verif|no)[a-z]{0,20}"
    r"(?:phone|mobile|msisdn|telephone)(?:numbers?|nums?|nos?|nr)?"
)
_EN_PHONE_LAST = frozenset({"tel", "cell", "mob", "hp", "phone", "mobile", "msisdn", "telephone", "cellphone"})
_EN_NUMBER = frozenset({"number", "numbers", "num", "no", "nr"})
_EN_NOT_PHONE = frozenset({"is", "has", "verified", "type", "label", "model", "hash", "auto", "smart", "fax", "brand"})
_EN_CALL = frozenset(
    {"contact", "whatsapp", "app", "caller", "calling", "callee", "called", "sender", "recipient", "a", "b"}
)
"""Words that name a phone column together with a word for a number, such as "Contact No."."""

_ZH_ACCOUNT = (
    re.compile(r"(?!.*(?:银行|收款|对公|开户|卡))[^\d]{0,10}(?:账号|帐号|賬號|帳號)(?:名|名称|id)?"),
    re.compile(
        r"(?!.*(?:银行|收款|对公|开户|卡|余额))[^\d]{0,10}(?:用户名|用户id|用户编号|用户标识|登录名|登陆名|会员名|会员id|会员号|会员编号|会员|用戶名|會員)"
    ),
    re.compile(r"(?!.*(?:银行|收款|对公|开户|卡|余额))[^\d]{0,10}(?:账户|帐户|賬戶|帳戶)(?:名|名称|id)?"),
)
_EN_ACCOUNT = (
    re.compile(r"[a-z]{0,12}(?:account|acct)(?:name|id|no|number|num)?|(?:open|union)id"),
    re.compile(r"(?:user|login|member)(?:name|id|no|number|num)?|uid|loginname"),
)

_ZH_DATE = re.compile(
    r"(?!.*(?:出生|生日|有效|到期|截止|失效|过期|签发|打印|导出|时长))[^\d]{0,12}(?:日期|时间|時間|年月|月份)"
)
_EN_DATE = re.compile(
    r"[a-z]{0,20}(?:date|time|datetime|timestamp)|(?:[a-z]{0,10}(?:registered|created|updated|login|seen))(?:at|on|dt)"
    r"|registered|created|updated|month|(?:last)?seen|lastlogin"
)
_EN_NOT_DATE = frozenset(
    {"birth", "birthdate", "dob", "expire", "expiry", "expires", "expiration", "valid", "print", "export", "zone", "up"}
)
_COMMON = re.compile(
    r"[\u3400-\u9fff]{0,4}(?:信息|资料|情况)|姓名|名字|名称|户名|户号|性别|民族|年龄|住址|地址|村|组|镇|乡|县|市|省|单位|职业|备注|说明|类型|类别|方向|内容|来源|序|号|关系|昵称"
    r"|状态|时长|次数|归属|运营商|甲方|乙方|收件人?|发件人?|寄件人|(?:紧急|第[一二三]|备用)?联系人|监护人|受害人|被害人|主叫|被叫|经度|纬度|密码|邮箱"
    r"|(?:full|first|last|given|nick|user)?name|address|remarks?|notes?|type|kind|id|index|gender|sex|age|text|content|direction"
    r"|duration|source|status|from|to|sender|recipient|caller|callee|contact|entries|parties|labels?|group|email|mail|city|province|ip|mac|longitude|latitude|password"
)
"""Words of which one is in nearly every header, and in hardly any name of a person."""
_LAST_SEEN = re.compile(r"最后|最近|末次|last|latest|seen")
_ACTIVE = re.compile(r"登录|登陆|活跃|使用|login|active|update")

_IDENTIFIER = re.compile(
    r"身份证|证件|(?<!手机)卡号|银行|qq|金额|余额|日期|时间|时刻|编号|序号|imei|imsi|iccid|订单|流水|单号|邮编|年龄|生日|出生"
    r"|合同号|协议号|票据号|凭证号|发票号|终端号|设备号|批次号|交易号|保单号|车架号|车牌|开户|工号|学号|警号|案号|档案号"
    r"|文件大小|字节|filesize|bytes|户号|编码|条码|住院号|病历号|邀请码|缴费号|序列号|表号|物料号|tradeno"
    r"|idcard|idno|idnumber|passport|bank|zip|postcode|birth|date|time|amount|balance|order|serial"
    r"|(?:req|request|trace|span|device|session|msg|message|log|event|task|job|batch|item|goods|product|sku|row|record|app"
    r"|txn|trade|ticket|contract|invoice|terminal)id$|^(?:seq|sn|uin|gid|guid|uuid)$"
)
_ID = re.compile(
    r"(?:user|member|customer|account|open)?id|uid|sid|(?:cust|customer|user|member|card|bill|order|serial|item)_?no"
    r"|(?:用户|会员|外部|游戏|设备)id|用户编号|(?:门诊|社保|医保|准考证|案件|学籍|包裹|投递|资产|燃气|渠道|随访|标本|登记|存折|电表|水表|票)号"
    r"|(?:取件|推荐|机器|邀请|编)码|发票(?:代码|号码?)|运单|面单|密码|password|code"
)
"""Names of identifiers. A mobile is a name in some services (微信号), so their columns are judged by their cells."""
_FAX = re.compile(r"传真|傳真|fax|短信中心|短消息中心|(?:service|sms)cent(?:er|re)|smsc(?:number|addr(?:ess)?|no)?$")
_PHONE_AND_FAX = re.compile(
    r"(?:电话|電話|手机|座机|固话|联系方式|tel(?:ephone)?|phone)号?码?(?:传真|傳真|fax)(?:号码?)?"
)
_TEXT = re.compile(r"内容|短信|消息|正文|聊天记录|^(?:sms)?(?:body|content|message|text|msg)(?:text|body|content)?$")
_LANDLINE = re.compile(r"座机|固话|固定电话|宅电|住宅电话|landline")
_OTHER_PARTY = re.compile(
    r"承办|民警|警官|警员|办案|经办|经手|客服|客户经理|业务员|热线|举报|商家|商户|卖家|店铺|店主|发货|发件|寄件|快递|配送|骑手|网点"
    r"|派件|派送|揽件|揽投|收派|送货|外卖员|司机|操作员|制表|采集人|受理人|受理单位|接警|出警|值班|侦查员|取证人|提取人|联络员|网格员"
    r"|坐席|座席|话务员|外显|催收|销售顾问|销售员|理财经理|信贷员|店长|门店|管家|物业|抄表|医生|科室|班主任|网吧|医院|学校"
    r"|派出所|填表|填报|录入|审核人|所长|辅警|带班|片警|警务通|(?<!被)(?:劝阻|回访|接待)(?:人|员|电话|号码|手机)|协办|楼长|支书|村书记|村干部|包保|(?<!被)(?:处理人|处置人|询问人|核查人|见证人|鉴定人)|跟进|录单|接单|对接人|分管"
    r"|领导|技术员|护士|记录人|送检|网格|寄方|群主|外呼|转接|中间号|虚拟号|隐私号"
    r"|专案组|专班|反诈中心|抓获|在逃|涉案人员|志愿者|(?:社区|村)干部|见证|官方|开户行|(?:咨询|投诉|报修|救援|物流|售后)(?:电话|号码|热线|公司|客服)"
    r"|嫌疑人(?!.*(?:通讯录|通话|联系人|好友|短信|话单))|嫌犯|骗子|窝点|(?<![被遭受])诈骗(?:电话|号码|手机|分子|人员|账号|方)|作案|涉诈|可疑"
    r"|销售(?!额|量)|主管|顾问|老师|师傅|代理商|引流|水军|管理员|^admin|salesman|salesperson|handler|service(?:tel|phone)|suspect|fraudster"
    r"|^(?:own|my|self)(?:number|phone|msisdn)|phoneaccountaddress|agent|officer|police|seller|merchant|shop|courier|hotline|customerservice|support"
    r"|^(?:rider|driver|shipper|dispatcher|operator|collector|staff|doctor|store)"
)
_PHONE_OF_NOBODY = re.compile(
    r"(?:联系|[聯联][繫絡络]|移动|固定|办公)?(?:电话|電話|手机|手機|方式|座机|固话)?(?:[号號][码碼]?)?"
    r"|(?:contact|mobile|cell|tele)?(?:phone|mobile|tel|cell|contact)?(?:numbers?|no|nums?)?"
)
"""The name of a phone column that does not say whose numbers they are."""
_HANDLER = re.compile(
    r"民警|警官|警员|辅警|片警|所长|承办|办案|经办|经手|协办|侦查员|取证人|受理人|处理人|跟进人|对接人|接警|出警|值班|带班|网格|楼长|见证人|记录人"
    r"|询问人|接待人|核查人|送检|嫌疑人|嫌犯|骗子|派出所|公安局|分局|警务室|快递员|派件员|派送员|配送员|送货员|外卖员|骑手|司机"
    r"|业务员|操作员|话务员|坐席|座席|客户经理|销售员|销售顾问|理财经理|信贷员|班主任|officer|police|courier|^(?:rider|driver|dispatcher|operator)"
)
"""Persons who deal with the people in the rows."""
_CONTACT = re.compile(
    r"(?:紧急|备用|第[一二三]|其他|家庭)?(?:联系人?|担保人|借款人|共同借款人|同住人|同事|朋友|家属|亲属|监护人|家长|备用|配偶|父亲|母亲|子女)|微信|emergency(?:contact)?|(?:alternate|backup)(?:contact)?"
)
_OF_HANDLER = re.compile(
    r"(?:警员|民警|工作证)?(?:警号|工号|编号|警衔|职务|职称|单位|工作单位|部门|科室|大队|中队|qq|微信)|(?:badge|staff)(?:no|number|id)?|rank|unit"
)
"""What a table says of such persons between their names and their phones."""
_OFFICE = re.compile(
    r"承办|民警|警官|警员|办案|经办|经手|客服|热线|举报|投诉|填表|填报|制表|制单|录入|审核|复核|技术支持|(?:咨询|监督|服务)(?:电话|热线|请|联系)"
    r"|如有(?:疑问|问题|变动)|请(?:联系|致电|拨打)|更多.{0,8}(?:请|加|联系)|售后|卖家|商务合作"
    r"|\b(?:hotline|customer service|technical support|police|(?:prepared|filled in) by|contact us)\b"
    r"|\bfor (?:questions|help)\b",
    re.IGNORECASE,
)
_OWNER = re.compile(r"机主|本方|本机|己方|本端|持机|owner")
_PEER = re.compile(r"对方|对端|通话号码|通话对象|peer|otherparty|counterpart")
_SIDE = re.compile(
    r"主叫|被叫|(?:发送|发信|发起|接收|收信)(?:方|人|者|号码?|账号|手机号?码?)|发件人|收件人"
    r"|caller|callee|calling|called|sender|recipient|receiver|^(?:from|to)(?:number|phone|address)?$"
)
_CALL_CONTACT = re.compile(r"联系人(?:号码|电话|手机号?码?)?|contact(?:phone|number)?")
_AREA = re.compile(
    r"(?:(?:电话|手机|座机|固话|固定电话|宅电|长途|国际|城市|单位|公司|办公|家庭|住宅|本人|个人|备用|紧急|联系人|父亲|母亲|配偶){0,3})区号"
    r"|(?:phone|tel|telephone|home|work|office|landline)?areacode"
)
_PART = re.compile(
    r"(?:手机|电话|联系方式)?[号號]?[码碼]?(?:前|后|後|末|中间?|[头尾])(?:[三四七八]|[3478])位(?:数字?)?"
    r"|(?:手机|电话)?[号號]?[码碼]?(?:号段|尾号|号头)"
    r"|(?:phone|mobile)?(?:number)?(?:prefix|suffix|(?:first|last)(?:[3478]|three|four|seven|eight)(?:digits)?)"
)
_COUNTRY = re.compile(
    r"(?:所在|所属|归属|号码|手机|[\u3400-\u9fff]{1,8}(?=国家?[代区]?码|国家代号|国际))?(?:国家(?:名称?|代号|[代区]?码|区号)?|国别|国籍|国家[/或及与、]?地区|国际(?:区号|代码|冠码)|国码|归属国家?)"
    r"|(?:(?:phone|mobile|cell|tel|telephone|home|work|emergency|contact)(?=country|calling|dial|cc))?"
    r"(?:country(?:code|name)?|callingcode|dial(?:ing)?code|cc)|nation(?:ality|code)?|region|(?:phone|mobile|tel)code"
)
_NATIONALITY = re.compile(r"国籍|国别|nationality|citizenship")
_RELATED = re.compile(
    r"紧急|家属|亲属|亲情|配偶|妻|夫|父|母|家长|监护|子女|儿子|女儿|朋友|担保|推荐|介绍|推广|邀请|上级|上线|代理|购买|买家|买方|号商|卡商|收货|收件|助理|单位|公司|商务|住宅|家庭|备用|其他"
    r"|buyer|inviter|referrer|promoter|receiver|emergency|spouse|parent|guardian|relative|friend|reference|work|business|home|other|alternate|backup|assistant"
)
_REGISTERED = re.compile(r"注册|regist|signup|^reg(?=phone|mobile|tel|num|no)")
_BOUND = re.compile(r"绑定|綁定|bound|binding|bind")
_LOGIN = re.compile(
    r"登[录陆](?:账|帐)号|登[录陆]名|登[录陆]id|用户名|(?:账|帐)号|login|loginname|loginid|username|account"
)


def is_phone(header: str) -> bool:
    """Whether a header cell names a phone column. Of several names, as in "电话/手机", one is enough."""
    return any(
        _alternative_is_phone(alternative)
        for alternative in _ALTERNATIVES.split(_without_brackets(header))
        if alternative.strip()
    )


def account_rank(header: str) -> int | None:
    """How well a header cell names an account column, 0 being best; None if it does not name one."""
    text = _compact(header)
    patterns = _ZH_ACCOUNT if _HAN.search(text) else _EN_ACCOUNT
    return next((rank for rank, pattern in enumerate(patterns) if pattern.fullmatch(text)), None)


def date_rank(header: str) -> int | None:
    """How well a header cell names the date on which a row was last seen, 0 being best.

    None for other dates, such as a date of birth or of expiry, and for a header that names no date.
    """
    text = _compact(header)
    if _HAN.search(text):
        if not _ZH_DATE.fullmatch(text):
            return None
    elif not _EN_DATE.fullmatch(text) or _EN_NOT_DATE & set(_words(header)):
        return None
    if _LAST_SEEN.search(text):
        return 0
    return 1 if _ACTIVE.search(text) else 2


def is_identifier(header: str) -> bool:
    """Whether a header cell names identifiers, amounts or times, so that the column is not examined by content."""
    return bool(_IDENTIFIER.search(_compact(header))) and not is_phone(header)


def is_id(header: str) -> bool:
    """Whether a header cell names identifiers that may be phones too, where nothing else in the table is."""
    return _ID.fullmatch(_compact(header)) is not None


def is_fax(header: str) -> bool:
    """Whether a header cell names numbers that are nobody's phone: of faxes, or of an operator's message centre.

    One that names phones too, as in "电话/传真", does not.
    """
    text = _compact(header)
    if not _FAX.search(text) or _PHONE_AND_FAX.search(text):
        return False
    names = _ALTERNATIVES.split(_without_brackets(header))
    return not any(is_phone(name) and not _FAX.search(_compact(name)) for name in names)


def is_text(header: str) -> bool:
    """Whether a header cell names what was written to somebody: messages."""
    return bool(_TEXT.search(_compact(header)))


def is_landline(header: str) -> bool:
    """Whether a header cell names landlines, so that a number may lack the 0 of its area code."""
    return bool(_LANDLINE.search(_compact(header)))


def is_other_party(header: str) -> bool:
    """Whether a header cell names somebody else than the people in the rows: an officer, a seller, a hotline."""
    return bool(_OTHER_PARTY.search(_compact(header)))


@remember_long
def names_office(words: str) -> bool:
    """Whether words beside a number say that it is of an officer, of who made the list, or of a service."""
    return bool(_OFFICE.search(unicodedata.normalize("NFKC", words)))


def names_contact(header: str) -> bool:
    """Whether a header cell names a person to call, so that digits under it are meant to be numbers."""
    return _CONTACT.fullmatch(_compact(header)) is not None


def says_whose(header: str) -> bool:
    """Whether the header cell of a phone column says whose numbers they are."""
    return not _PHONE_OF_NOBODY.fullmatch(_compact(header))


def is_handler(header: str) -> bool:
    """Whether a header cell names persons who deal with the people in the rows: officers, couriers, salespersons."""
    return bool(_HANDLER.search(_compact(header))) and not is_phone(header)


def says_of_handler(header: str) -> bool:
    """Whether a header cell names what a table says of such persons between their names and their phones."""
    return _OF_HANDLER.fullmatch(_compact(header)) is not None


def is_owner(header: str) -> bool:
    """Whether a header cell names the owner of the phone that the table comes from."""
    return bool(_OWNER.search(_compact(header)))


def is_peer(header: str) -> bool:
    """Whether a header cell names the other side of a call."""
    return bool(_PEER.search(_compact(header)))


def is_side(header: str) -> bool:
    """Whether a header cell names who calls or writes, or who is called or written to."""
    return bool(_SIDE.search(_compact(header)))


def is_contact(header: str) -> bool:
    """Whether a header cell names a contact: the other side of calls, where the owner of the phone is named too."""
    return _CALL_CONTACT.fullmatch(_compact(header)) is not None


def is_area(header: str) -> bool:
    """Whether a header cell names a column of area codes."""
    return bool(_AREA.fullmatch(_compact(header)))


def is_part(header: str) -> bool:
    """Whether a header cell names some digits of a number, where it is split over several columns."""
    return bool(_PART.fullmatch(_NOISE.sub("", _without_brackets(header)).casefold()))


def is_country(header: str) -> bool:
    """Whether a header cell names a column of countries or calling codes."""
    return bool(_COUNTRY.fullmatch(_compact(header)))


def is_nationality(header: str) -> bool:
    """Whether a header cell names the nationalities of persons, who may have a phone of another country."""
    return bool(_NATIONALITY.fullmatch(_compact(header)))


def is_known(header: str) -> bool:
    """Whether a cell is certainly the header of a column, and not a name or another cell of data."""
    text = _compact(header)
    if is_phone(header) or date_rank(header) is not None or account_rank(header) is not None or is_identifier(header):
        return True
    return bool(_COMMON.fullmatch(text)) or is_fax(header) or is_area(header) or is_country(header)


def is_person(header: str) -> bool:
    """Whether a header cell may be the name of a person, as where a form stands beside a table."""
    return not is_known(header) and is_name(header.strip())


def without_persons(name: str) -> str:
    """The name of a column, table or sheet as reports show it: each part that may be the name of a person becomes "…".

    Such names are keys, as in JSON that maps a name to a phone, and parts of headers and labels, as in "汪刚电话".
    """
    return without_names(name)


def registration_rank(header: str) -> int | None:
    """How directly a header cell names the number on which an account was registered, 0 being most directly.

    0: the registered number; 1: a login name, if it is a number; 2: the bound number; 3: a phone of the person. None
    for the phones of others and for every other header.
    """
    text = _compact(header)
    if _REGISTERED.search(text) and is_phone(header):
        return 0
    if _LOGIN.fullmatch(text):
        return 1
    if not is_phone(header):
        return None
    if _BOUND.search(text):
        return 2
    return None if _RELATED.search(text) else 3


def is_named(header: str, given: str) -> bool:
    """Whether a header cell is the name the operator gave, ignoring full or half width, case and surrounding space."""
    return _casefolded(header) == _casefolded(given)


def _casefolded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().strip("\ufeff").casefold()


@lru_cache(maxsize=_REMEMBERED)
def _without_brackets(header: str) -> str:
    return without_brackets(unicodedata.normalize("NFKC", header)).strip()


@lru_cache(maxsize=_REMEMBERED)
def _compact(header: str) -> str:
    return _ORDINAL.sub("", _NOISE.sub("", _without_brackets(header))).casefold()


def _words(header: str) -> list[str]:
    return _WORD.findall(_CAMEL.sub(" ", _without_brackets(header)).casefold())


def _alternative_is_phone(alternative: str) -> bool:
    text = _compact(alternative)
    if len(text) > 40:
        return False
    if not _HAN.search(text):
        return _english_phone(alternative)
    english = "".join(_WORD.findall(text))
    chinese = _WORD.sub("", text)
    if english and english not in _EN_NUMBER | {"a", "b"} and not _english_phone(english):
        return False
    return bool(_ZH_PHONE.fullmatch(chinese))


def _english_phone(alternative: str) -> bool:
    words = _words(alternative)
    if not words or words[0] == "no" or _EN_NOT_PHONE & set(words):
        return False
    if _EN_PHONE.fullmatch("".join(words)):
        return True
    if len(words) > 1 and words[-1] == "value":
        words.pop()
    numbered = len(words) > 1 and words[-1] in _EN_NUMBER
    while len(words) > 1 and words[-1] in _EN_NUMBER:
        words.pop()
    if numbered and words[-1] in _EN_CALL:
        return True
    return words[-1] in _EN_PHONE_LAST or words[-1] in {"telno", "cellno"}
