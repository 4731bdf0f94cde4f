"""Names of persons within the names of columns, tables and sheets: which parts of a text in Chinese are left out.

A name stands alone (汪刚), beside words that headers are made of (汪刚电话, 民警汪刚核查), or at an end of other words,
there only if each of its characters is usual in given names. Ordinary words that begin like a name (高中, 石油) stay.
"""

import re
from typing import Final

_LEFT_OUT: Final = "…"

_SURNAMES: Final = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔"
    "谭陆范汪廖石金韦贾夏付傅方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万钱严覃武戴莫孔向汤張劉陳楊黃趙吳孫馬"
    "鄭羅謝許韓馮鄧蕭葉蘇呂盧鍾鐘譚陸範賈鄒錢嚴龍賀顧龔萬湯閻"
)
_RARE: Final = (
    "施洪温庞樊兰殷颜倪牛鲁葛章柳岳齐梅庄辛管祝左涂谷祁舒耿牟卜詹关苗凌费纪靳盛童欧甄项曲成游裴席卫查屈鲍霍翁隋甘景"
    "单包柏宁柯阮桂闵解柴冉边申尤聂焦敖娄芦乔喻易安常简仇晏戚褚佟翟荆艾蒲卓冷车华文时"
)
"""Family names that begin many other words. Only characters that are usual in given names may follow them."""
_COMPOUND: Final = "(?:欧阳|歐陽|司马|司馬|上官|诸葛|諸葛|皇甫|尉迟|公孙|慕容|令狐|夏侯|司徒)"
_GIVEN: Final = (
    "伟芳娜敏静秀丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华玉萍红浩燕鹏飞宇博志国建斌波辉峰宁婷雪梅琳琴云莲凤梦佳欣怡雅"
    "慧颖倩洁晶晨阳旭凯亮俊健康荣祥瑞龙鑫淼森林海春秋珍玲珊瑶琪璐瑾瑜诗涵梓轩然嘉豪思雨妍昊宏庆良德仁义忠诚文武彬彪"
    "兵栋锋翔威毅坚永振维少晓小家景立学远胜宝香月莉蓉蕾薇菲璇媛婉淑惠翠爱巧美丹彤岚茜君子东金成芬晴青柏松泽润沛清源"
    "洪淇润炎焱炜煜灿坤培城均圣喜善偉麗強軍勇豔傑濤蘭剛華紅鵬飛誌國輝鳳夢潔陽亮榮龍寶愛東"
)
"""Characters that are usual in given names."""

_WORDS: Final = """
丁:卯字香 万:元吨亩岁历一年家万辆物余里分股多名个头事斤户台块能国千种丈米份山两难象册次枚众科亿达金件倍部宁州用
严:重格肃厉峻密谨禁寒守惩防查控打管整明家加刑 于:是此今 付:出给款费讫清至方账息现 任:务何期免职命教意用性由一内选课
何:况必处以等时不在故人事种用方如者为日地物因尝止来其苦 余:额款下数票量地热值姚杭项者年份干个次名部处亩万
史:料学书记册方籍事 叶:片子县城酸 向:前来往上着下导量善阳日 吴:县国江忠桥川堡
周:围期边年刊末长岁到二三四五六日一身转报口至宁庄代易朝游家遭济 唐:代朝山河县宋初 夏:天季日至令装收邑津秋代商
孔:隙径位数 孟:州津村 宋:代朝体 张:掖北贴数力 徐:州水闻海 方:面法式向案针便言程位形略圆块格差才剂城山正可子桌阵
曾:经用祖孙 朱:红砂 杨:树柳浦陵凌 林:区业中地场带木权口芝州草农
武:汉器装警力术将职昌功威冈夷安进陟隆穴义士当陵艺备大官 段:落位号长数名 毛:病笔重利额坯巾衣毯色尖
江:苏西南北湖山河水东面海边门阴夏宁津都油汉岸口华永中心浙淮陵段 汤:药阴原圆杯 沈:阳丘北河 王:国室者牌家位
田:地间径亩园块林东阳家产里 白:天色酒菜银卡班夜条城山河云水血癜糖领话纸细内人族金面果骨皮衣马
石:油头化材灰首狮泉林料楼柱碑台膏家嘴景英河门城块板墙屋子桥匠棉 秦:安皇淮州代国朝 程:度序式控
罗:马列盘湖源田定平山甸庄家城 肖:像 胡:同须乱思 苏:州联宁北南区打 董:事监 莫:名非 范:围例本县畴文 蒙:古
许:可多昌愿久家配下 谢:谢绝意罪 贺:卡电信礼州兰 邓:州 郑:州重 蔡:甸
金:融额属银钱币牌华门昌湖山沙堂乡坛卡川库价条税块寨阳水湾州寿秀口塔凤溪台城子奖发矿鱼针质毛边黄 钟:表头楼点祥山
钱:款包数币物塘 陆:地续上路运丰川良军战游 陶:瓷器片 陈:述列年设仓旧情词 雷:电达管击州山波 韩:国语城 顾:客虑问及家不念
马:上路力达甲匹桶车龙山关口边尔来里场头铃
高:速度级中校考原手等于大温层低效压新危端位价额铁频龄血薪管尔要台明安邮密平州陵县青阳唐碑淳清峰炉空产档质一二三见检职教点音差分兴跟利科射楼山出高亢尚贵深调墙唱举呼傲寒处地
魏:县都国 黄:河金色石冈山岩埔陂州岛陵浦梅页牛骅骨龙家花油酒土线牌昏连沙豆瓜纸疸鳝芪 黎:族明川城平
龙:头门江岩泉口海川南游里山井卡虎胜沙华岗湾文 侯:马 熊:猫 汪:清 孙:子女吴辈婿 潘:集 彭:水泽州山阳 曹:县妃
梁:山平河园子 吕:梁 杜:绝集 卢:氏龙湾沟 贾:汪 薛:城 李:沧子 赵:县 邹:城平 邵:阳东武 張:貼數 馬:上路 萬:元 錢:款包
陳:述列 黃:金色 許:可多 顧:客問 範:圍 龍:頭 嚴:重格 謝:謝 鐘:錶頭 陸:地運 賀:卡 蘇:州 安:全康宁平庆阳国丘家
华:东南北中西 文:明件本字化学号档 时:间长刻段 关:系键联闭爱心注怀东 成:功本立员绩交年人都分果龙德国华武文家
常:用住德宁州平山熟春见务规委 包:含裹头子 宁:波海德国安强夏武阳晋 桂:林平阳东 温:度州泉岭江 兰:州山溪
景:德区点宁洪泰东 项:目城 管:理家 解:放决除 单:位价号据独兵 边:境界防 查:询看验收 易:县门燃爱 简:介称阳易明洁
车:主辆牌库站城 左:侧右云 纪:律检委录 费:用率县 梅:州河县 柳:州林城 庄:河浪 盛:泽夏 曲:阳靖江松 申:请报领诉购明
童:装年 游:客戏泳 席:位 卫:生星辉国兵 章:节程丘 青:岛 洪:江湖洞泽雅 牛:奶羊 鲁:山 岳:阳父母 齐:河齐 辛:集 谷:城
冷:藏库链静 艾:滋 葛:洲 欧:美元文 凌:晨
高:风 黄:标 金:色穗 万:人 姜:汁 杨:梅 吴:语 丁:类 马:尾
"""
"""Ordinary words and places, by the family name that they begin with."""
_ORDINARY_TWO: Final = frozenset(name[0] + second for name in _WORDS.split() if name[1:2] == ":" for second in name[2:])
_ORDINARY: Final = re.compile(
    "张家[口界港川]|石家庄|马鞍山|江苏省|王府井|方便面|金三角|万宁市|周边人|高一下|于洪区|小于"
    "|[万余](?:平方公?|立方|公[里斤顷]|[美英欧日港]元|人次|英镑)[米里]?|.子|支气.*|毛坯房|金银[花卡]|白名单|黄名单"
    "|[^家]?家[庄沟湾堡营屯寨村]|..[村庄屯寨镇乡县市区省州街巷弄局院校部厅厦码额率]|.[村庄屯寨镇乡县沟堡某姓氏的号]"
    f"|.某某|.[^{_GIVEN}][所厂店站队组处科室社场馆号类型数费期证表单员者方人机版位级]"
)
"""Other words and places, and how names of places and words of three characters end."""

_TITLES: Final = (
    "警官|民警|警员|辅警|警长|队长|所长|局长|主任|科长|处长|经理|老板|老师|医生|大夫|教授|律师|会计|书记|村长|镇长"
    "|校长|院长|厂长|店长|组长|班长|师傅|先生|女士|小姐|同志|同学|阿姨|叔叔|大爷|大妈|大姐|大哥|姐|哥|總|总|董|工"
)
_KNOWN: Final = re.compile(
    "("
    "[联聯](?:系|繫|絡|络)(?:人|方式|电话|電話)?"
    "|(?:家庭|办公|单位|移动|固定|备用|紧急|常用|本人|工作|私人|注册|绑定|登录|预留)?(?:电话|電話|手机|手機|座机|固话|宅电)(?:[号號][码碼]?)?"
    "|[号號][码碼]|微信(?:号|名|群)?|通[讯訊][录錄]|通[话話](?:记录|清单|详单)?|话单|账单|短信|来电|去电|主叫|被叫"
    "|(?:第[一二三四五]|本|丈|妻|家|亲|爱)?(?:父亲|母亲|爸爸|妈妈|丈夫|妻子|儿子|女儿|哥哥|姐姐|弟弟|妹妹|配偶|老公|老婆|家属|亲属|家人|朋友|亲友|邻居|同事|室友)"
    "|受害人|被害人|报案人|报警人|嫌疑人|涉案人|当事人|监护人|担保人|借款人|失主|机主|户主|车主|业主|房东|租客|客户"
    "|用户|会员|学生|家长|员工|职工|村民|人员|本人|姓名|名字|昵称|名单|民警|警官|警员|辅警|交警|警长|队长|所长|局长"
    "|主任|科长|处长|经理|老板|老师|医生|大夫|教授|律师|会计|书记|村长|校长|院长|店长|组长|班长|师傅|先生|女士|小姐"
    "|同志|同学|阿姨|叔叔|大爷|大妈|大姐|大哥|快递员|业务员|网格员|操作员|客服|专员|管理员|司机|骑手"
    "|(?:主要|分管|直接)?负责"
    "|(?:核查|核实|核对|复核|审核|审查|回访|走访|随访|寻访|记录|登记|录入|填报|填写|填表|制表|采集|提供|反馈|跟进|联系|对接|整理|汇总|统计|上报|报送|经办|承办|经手|办理|办案|受理|处理|调查|侦办|侦查|取证|提取|值班|接警|出警|接待|接听|拨打|打电话|推荐|介绍|邀请|担保|签字|签名|确认)(?:[人者](?!员)|人员)?"
    "|备注|说明|情况|信息|资料|数据|结果|明细|清单|表格|时间|日期|内容|编号|序号|地址|住址|单位|部门|机构|公司|小组"
    "|身份证号?码?|证件|账号|帐号|银行卡?|卡号|订单|金额|状态|类型|类别|方式|来源|归属地?|的(?:手机|电话)?|名下|使用"
    "|持有|所有|专用|专卡|以上|以下|以前|以后|大队|中队|支队|派出所|公安局|分局|文件|工作表|副本|汇报|备份|原始|最新"
    "|附件|名片|合计|总计"
    ")"
)
"""Words that headers and names of sheets are made of."""
_HAN_RUN: Final = re.compile(r"[\u3400-\u9fff]+(?:[·・•\u3000 ]{1,3}[\u3400-\u9fff]+)*")
_SPACES: Final = re.compile(r"([\u3000 ]+)")
_SPACED: Final = re.compile(rf"([{_SURNAMES}])[\u3000 ]+([\u3400-\u9fff])")
_FOREIGN: Final = re.compile(r"[\u3400-\u9fff]{2,}(?:[·・•][\u3400-\u9fff]{2,})+")
_NAME: Final = re.compile(
    rf"[{_SURNAMES}][\u3400-\u9fff]{{1,2}}|[{_RARE}][{_GIVEN}]{{1,2}}|{_COMPOUND}[\u3400-\u9fff]{{1,2}}"
)
_NICKNAME: Final = re.compile(rf"[小老阿][{_SURNAMES}]")
_SURE: Final = rf"(?:[{_SURNAMES}{_RARE}][{_GIVEN}]{{1,2}}|{_COMPOUND}[{_GIVEN}]{{1,2}})"
_NAMES: Final = re.compile(rf"{_SURE}(?:[和与及跟、]?{_SURE}){{1,4}}")
_AT_END: Final = re.compile(rf"(?P<rest>[由给与找被请让]|[\u3400-\u9fff]{{2,}}?)(?P<name>{_SURE})")
_AT_START: Final = re.compile(rf"(?P<name>[{_SURNAMES}][{_GIVEN}]{{1,2}})(?P<rest>[\u3400-\u9fff]{{2,}})")
_SURNAME: Final = re.compile(rf"[{_SURNAMES}]")
_TITLE: Final = re.compile(_TITLES)


def is_name(text: str) -> bool:
    """Whether a text is nothing but a common family name and one or two characters, and no ordinary word."""
    return _NAME.fullmatch(text) is not None and not _is_ordinary(text)


def without_names(text: str) -> str:
    """The text with "…" for each name of a person in it."""
    return _HAN_RUN.sub(lambda run: _shown(run[0]), text)


def _is_ordinary(text: str) -> bool:
    """Whether a text that looks like a name is an ordinary word or a place."""
    if text in _ORDINARY_TWO or _ORDINARY.fullmatch(text):
        return True
    return len(text) == 3 and text[:2] in _ORDINARY_TWO and text[2] not in _GIVEN


def _shown(run: str) -> str:
    if is_name(run) and not _KNOWN.fullmatch(run[1:]):
        return _LEFT_OUT
    parts = _KNOWN.split(run)
    shown = [part if at % 2 else _shown_piece(part) for at, part in enumerate(parts)]
    for at in range(0, len(parts) - 1, 2):
        if _SURNAME.fullmatch(parts[at].strip()) and _TITLE.fullmatch(parts[at + 1]):
            shown[at] = _LEFT_OUT
    return "".join(shown)


def _shown_piece(piece: str) -> str:
    """A piece between known words."""
    words = _SPACES.split(piece)
    if len(words) > 1 and not _SPACED.fullmatch(piece.strip()):
        return "".join(word if at % 2 else _shown_word(word) for at, word in enumerate(words))
    return _shown_word(_SPACED.sub(r"\1\2", piece) if len(words) > 1 else piece)


def _shown_word(word: str) -> str:
    if _is_ordinary(word):
        return word
    if is_name(word) or _NICKNAME.fullmatch(word) or _FOREIGN.fullmatch(word):
        return _LEFT_OUT
    if _NAMES.fullmatch(word) and not _is_ordinary(word[:2]):
        return _LEFT_OUT
    if (found := _AT_END.fullmatch(word)) and not _is_ordinary(found["name"]):
        return found["rest"] + _LEFT_OUT
    if (found := _AT_START.fullmatch(word)) and not _is_ordinary(found["name"]):
        return _LEFT_OUT + found["rest"]
    return word
