import { isDisposableEmailDomain } from 'disposable-email-domains-js';

/** Domains at which anybody can have an address: they tell nothing of the company. */
const FREE_MAIL: ReadonlySet<string> = new Set([
  '126.com', '163.com', 'aim.com', 'alice.it', 'aol.com', 'aon.at', 'arcor.de', 'att.net', 'bellsouth.net', 'bigpond.com',
  'bk.ru', 'bluemail.ch', 'bluewin.ch', 'bol.com.br', 'btinternet.com', 'charter.net', 'comcast.net', 'cox.net',
  'duck.com', 'earthlink.net', 'email.com', 'email.de', 'fastmail.com', 'fastmail.fm', 'foxmail.com', 'free.fr',
  'freenet.de', 'gmail.com', 'gmx.at', 'gmx.ch', 'gmx.com', 'gmx.de', 'gmx.net', 'gmx.org', 'googlemail.com', 'hey.com',
  'home.nl', 'hotmail.co.uk', 'hotmail.com', 'hotmail.de', 'hotmail.es', 'hotmail.fr', 'hotmail.it', 'hushmail.com',
  'icloud.com', 'ig.com.br', 'inbox.lv', 'inbox.ru', 'interia.pl', 'juno.com', 'kpnmail.nl', 'laposte.net', 'libero.it',
  'list.ru', 'live.co.uk', 'live.com', 'live.de', 'live.fr', 'live.nl', 'mac.com', 'mail.com', 'mail.de', 'mail.ru',
  'mailbox.org', 'me.com', 'msn.com', 'naver.com', 'neuf.fr', 'ntlworld.com', 'o2.pl', 'online.de', 'onet.pl',
  'optonline.net', 'orange.fr', 'outlook.com', 'outlook.de', 'outlook.es', 'outlook.fr', 'pm.me', 'posteo.de',
  'proton.me', 'protonmail.ch', 'protonmail.com', 'qq.com', 'rambler.ru', 'rediffmail.com', 'rocketmail.com',
  'sapo.pt', 'sbcglobal.net', 'seznam.cz', 'sfr.fr', 'shaw.ca', 'sina.com', 'sky.com', 'skynet.be', 'sohu.com',
  't-online.de', 'talktalk.net', 'telenet.be', 'terra.com.br', 'tiscali.it', 'tutanota.com', 'ukr.net', 'uol.com.br',
  'verizon.net', 'vip.qq.com', 'virgilio.it', 'virgin.net', 'wanadoo.fr', 'web.de', 'wp.pl', 'xtra.co.nz', 'ya.ru',
  'yahoo.ca', 'yahoo.co.in', 'yahoo.co.jp', 'yahoo.co.uk', 'yahoo.com', 'yahoo.com.br', 'yahoo.de', 'yahoo.es',
  'yahoo.fr', 'yahoo.it', 'yandex.com', 'yandex.ru', 'yeah.net', 'ymail.com', 'zoho.com',
]);

/** Whether a registrable domain, in lower case, is a free-mail or a disposable one. */
export const isFreeMail = (domain: string): boolean => FREE_MAIL.has(domain) || isDisposableEmailDomain(domain);
